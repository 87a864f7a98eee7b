"""Files -> chunks -> vectors -> hits: a repository's index on its owner's disk. Knows no LSP, no editor, no chat model."""
