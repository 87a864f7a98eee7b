"""What became of each suggestion, kept on this machine: times, tokens, taken or not. Holds no text of anybody's code."""
