"""Dead letters: list, show, replay, save and drop them."""
