"""The register of partners: what they are to us, and the people we know there."""
