"""Why a network forgets: gradients in closed form, and how far back in time a gradient reaches (`docs/spec.md` 2)."""
