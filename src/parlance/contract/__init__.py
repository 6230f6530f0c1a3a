"""What a provider, a store and the world must offer to the engine."""
