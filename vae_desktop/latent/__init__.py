"""What one does with codes: embed, measure, sample, lay out."""
