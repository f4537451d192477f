"""What a site prints: typed reports, their stamps, and HTML. Drawing on paper is the screen's."""
