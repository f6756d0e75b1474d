"""No time is asserted: a loaded machine must not fail a property."""

from hypothesis import HealthCheck, settings

settings.register_profile("dogear", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dogear")
