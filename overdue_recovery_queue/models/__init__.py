from . import dunning_delivery
