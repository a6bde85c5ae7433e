"""What an edit does, measured: agreement of label maps, scripted edits and what they changed."""
