"""Consumers, creditors, placements, accounts, contact points, consents, holds, notes."""
