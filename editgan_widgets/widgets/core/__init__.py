"""What every widget shares: messages that are delivered once, canvas, encodings, texts, history strip, idle work."""
