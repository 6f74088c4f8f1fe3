"""Whether a classifier is sensitive to quality: accuracy of distorted images against the level."""
