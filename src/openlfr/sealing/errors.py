"""What can go wrong with keys, sealed values and signatures; each message says what to do next."""


class SealingError(Exception):
    """Something sealed, signed or kept in the vault cannot be used."""


class VaultMissingError(SealingError):
    """There is no vault where one was expected. Never answered by making an empty one."""


class VaultExistsError(SealingError):
    """A new vault was asked for where one already is."""


class WrongUnlockError(SealingError):
    """The passphrase or key file does not open this vault."""


class VaultDamagedError(SealingError):
    """The vault file is not one, is cut short, or was altered."""


class VaultBusyError(SealingError):
    """Another process holds the vault for longer than we wait."""


class VaultRekeyedError(SealingError):
    """Another process gave the vault a new passphrase while this one had it open."""


class VaultNotWrittenError(SealingError):
    """The vault could not be rewritten (disk full, read-only); the old one is untouched and still valid."""


class KeyNotInVaultError(SealingError):
    """The key was destroyed, or was never in this vault; what it sealed cannot be read."""


class SealBrokenError(SealingError):
    """A sealed value was altered, cut, moved to another place, or sealed with another key."""


class SignatureInvalidError(SealingError):
    """A signed document was altered, is of another type, or was signed by somebody else."""
