"""Host systems and integrators: asked in real time, told without loss."""
