"""make-promo: drone clips and a route in, finished clips for every platform out."""

__version__ = "0.1.0"
