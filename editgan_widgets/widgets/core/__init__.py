"""Shared by all widgets: messages that are delivered once, canvas, encodings, texts, history strip, idle work."""
