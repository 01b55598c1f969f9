"""Camera sources: RTSP, USB, files, pictures and a synthetic street, each giving stamped frames and its health.

Imports nothing else of ours, and never looks for faces."""
