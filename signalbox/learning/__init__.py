"""Learning: the text and attribute router, its calibration and the control of its risk."""
