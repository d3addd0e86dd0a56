"""The office's web pages: for now the owner's page."""
