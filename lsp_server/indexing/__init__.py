"""Keep the workspace folders indexed behind the editor's back. Speaks no LSP; how files become an index, `indexer` knows."""
