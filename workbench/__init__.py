"""Everything that can be known of a stack before an account is paid for."""
