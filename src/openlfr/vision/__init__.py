"""Arrays in, values out: model packs, inference, detection, alignment, templates, quality, tracking.

Knows nothing of cameras, watchlists, deployments or disks (model packs apart), and imports nothing else of ours."""
