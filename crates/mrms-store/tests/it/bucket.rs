//! A server that speaks S3, with one bucket in a temporary folder.

use std::net::SocketAddr;

use hyper_util::rt::{TokioIo, TokioTimer};
use mrms_store::ObjectBlobStore;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const KEY: &str = "AKEXAMPLE";
const SECRET: &str = "a secret that is only of this test";

pub(crate) struct S3 {
    pub(crate) address: SocketAddr,
    pub(crate) folder: tempfile::TempDir,
    _runtime: Runtime,
}

impl S3 {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(connection);
            }
        });
        Self { address, folder, _runtime: runtime }
    }

    /// A store in the bucket, reached at this address.
    pub(crate) fn store_at(&self, address: SocketAddr) -> ObjectBlobStore {
        self.store_with(address, SECRET)
    }

    pub(crate) fn store(&self) -> ObjectBlobStore {
        self.store_at(self.address)
    }

    pub(crate) fn store_with(&self, address: SocketAddr, secret: &str) -> ObjectBlobStore {
        let options = [
            ("AWS_ENDPOINT_URL", format!("http://{address}")),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), value));
        ObjectBlobStore::connect("s3://bucket/some/prefix", options, [7; 16]).unwrap()
    }

    /// Objects below a folder of the prefix.
    pub(crate) fn objects(&self, below: &str) -> usize {
        let folder = self.folder.path().join("bucket/some/prefix").join(below);
        std::fs::read_dir(folder).map_or(0, |entries| {
            let names = entries.map(|entry| entry.unwrap().file_name());
            names.filter(|name| !name.to_string_lossy().starts_with('.')).count()
        })
    }
}
