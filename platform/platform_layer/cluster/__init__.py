"""The cluster, its maintenance and backups, and the images that it runs."""
