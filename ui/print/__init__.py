"""Reports on paper and in PDF: layout, drawing, preview."""
