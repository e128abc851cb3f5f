"""The engine of Vitrine: recommendations a merchandiser can see, understand, shape and prove."""
