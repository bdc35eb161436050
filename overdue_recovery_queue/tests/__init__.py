from . import test_dunning_delivery_queue
