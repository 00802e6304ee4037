"""The online mode: decide, hear the true label, recalibrate, learn, give up autonomy in time."""
