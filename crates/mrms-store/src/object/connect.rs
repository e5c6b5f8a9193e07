//! Connects to a bucket: parses its address, checks the options and builds the client.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use url::{Host, Url};

use super::http::BucketConnector;
use super::{Bucket, ObjectBlobStore};

/// Why the bucket can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one of a bucket. It is not repeated here, because it may have a password in it.
    #[error("this is not the address of a bucket: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The options contradict each other, or something is missing.
    #[error("the bucket's options: {reason}")]
    Options {
        /// What the bucket's client said.
        reason: String,
    },
    /// The system gives no thread.
    #[error("cannot begin the work with the bucket")]
    Runtime {
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ObjectBlobStore {
    /// The store at an address such as `s3://bucket/prefix`, `gs://bucket/prefix` or
    /// `az://container/prefix`. Asks nothing yet.
    ///
    /// `options` are pairs as the clients of each provider name them in the environment
    /// (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME`, …, in any case);
    /// unknown ones are ignored. `instance` is 16 random bytes that tell this process's unfinished objects from those of
    /// others.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub fn connect(
        address: &str,
        options: impl IntoIterator<Item = (String, String)>,
        instance: [u8; 16],
    ) -> Result<Self, ConnectError> {
        let url = bucket_address(address)?;
        let mut all = Vec::new();
        for (name, value) in options {
            let name = name.to_ascii_lowercase();
            if name.contains("endpoint") && !is_encrypted_or_near(&value) {
                let reason = "an endpoint without encryption is only for this machine".to_owned();
                return Err(ConnectError::Options { reason });
            }
            all.push((name, value));
        }
        let client = client(&url, all);
        let options =
            |error: object_store::Error| ConnectError::Options { reason: error.to_string() };
        let objects = client.map_err(options)?;
        let wrong_prefix = |_| ConnectError::Url { reason: "its prefix is not a path" };
        let prefix = Path::from_url_path(url.path()).map_err(wrong_prefix)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bucket")
            .enable_all()
            .build()
            .map_err(|source| ConnectError::Runtime { source })?;
        let instance = hex::encode(instance);
        let (runtime, begun) = (Some(runtime), AtomicU64::new(0));
        Ok(Self { bucket: Arc::new(Bucket { runtime, objects, prefix, instance, begun }) })
    }
}

/// The client of a bucket. Options with names that it does not know are left out.
fn client(url: &Url, options: Vec<(String, String)>) -> object_store::Result<Box<dyn ObjectStore>> {
    macro_rules! client {
        ($builder:ty) => {{
            let mut builder = <$builder>::new().with_url(url.as_str());
            for (name, value) in options {
                if let Ok(key) = name.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            Ok(Box::new(builder.with_http_connector(BucketConnector).build()?))
        }};
    }
    match url.scheme() {
        "gs" => client!(GoogleCloudStorageBuilder),
        "az" => client!(MicrosoftAzureBuilder),
        _ => client!(AmazonS3Builder),
    }
}

fn bucket_address(text: &str) -> Result<Url, ConnectError> {
    let wrong = |reason| ConnectError::Url { reason };
    let url = Url::parse(text).map_err(|_| wrong("it cannot be read"))?;
    if !["s3", "gs", "az"].contains(&url.scheme()) {
        return Err(wrong("it does not begin with s3://, gs:// or az://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it names no bucket"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a name or password does not belong into it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it has a query"));
    }
    Ok(url)
}

fn is_encrypted_or_near(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return true };
    let is_near = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() != "http" || is_near
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str, options: &[(&str, &str)]) -> Option<String> {
        let options = options.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let connected = ObjectBlobStore::connect(address, options, [0; 16]);
        connected.err().map(|error| error.to_string())
    }

    #[test]
    fn address_with_a_secret_in_it_is_refused_and_not_repeated() {
        for address in ["s3://key:SECRET@bucket/p", "az://c/p?sig=SECRET", "s3://b/p#SECRET"] {
            let refusal = refusal(address, &[]).unwrap();
            assert!(!refusal.contains("SECRET"), "{refusal}");
        }
        for address in
            ["", "bucket", "file:///tmp", "https://s3.example.org/b", "memory:///", "s3://"]
        {
            assert!(refusal(address, &[]).is_some(), "{address:?}");
        }
    }

    #[test]
    fn endpoint_without_encryption_is_only_for_this_machine() {
        let with =
            |endpoint| refusal("s3://b/p", &[("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", "r")]);
        assert!(with("http://s3.example.org").is_some());
        assert!(with("http://10.0.0.1:9000").is_some());
        assert_eq!(with("http://127.0.0.1:9000"), None);
        assert_eq!(with("https://s3.example.org"), None);
    }

    #[test]
    fn credentials_are_not_printed() {
        let options = [("AWS_ACCESS_KEY_ID", "ID"), ("AWS_SECRET_ACCESS_KEY", "SECRET")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let store = ObjectBlobStore::connect("s3://b/some/prefix", options, [0; 16]).unwrap();
        assert_eq!(format!("{store:?}"), "ObjectBlobStore { prefix: \"some/prefix\", .. }");
    }
}
