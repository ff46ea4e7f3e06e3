"""Reports on partners: frozen when they are made, set as a page, a PDF or a workbook ever after."""
