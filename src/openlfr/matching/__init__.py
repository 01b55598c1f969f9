"""Templates against templates: the exact 1:N gallery, the fusion of a passage's shots, thresholds.

May import the types of vision, and nothing else of ours."""
