"""Domains: label sets, judges and edits of a class of pictures, such as portraits."""
