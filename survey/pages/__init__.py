"""The web pages: one module per kind of page; templates, stylesheet and catalogues beside them."""
