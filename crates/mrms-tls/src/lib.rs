//! How every HTTP client of this program trusts and encrypts: nodes, vaults, sponsors and buckets alike.
//!
//! Certificates are those of the platform, and AWS-LC does the cryptography. Knows no address, no request and no secret;
//! its two users are the clients of `mrms-stacks` and of `mrms-store`.

use std::sync::Arc;

use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// The TLS of a client. Certificates are always checked, against the platform's own roots.
#[must_use]
pub fn config() -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_checked_against_the_platforms_roots() {
        let config = config();
        assert!(!config.disable_verification());
        assert!(config.use_sni());
        assert!(matches!(config.provider(), TlsProvider::Rustls));
        assert!(matches!(config.root_certs(), RootCerts::PlatformVerifier));
    }
}
