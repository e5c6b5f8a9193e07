//! [`Parts`]: an object that is sent to the bucket in parts. It is completed, or what was sent of it is aborted: a bucket
//! keeps the parts of an upload that is neither, lists them nowhere, and charges for them.

use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, PutPayload, Result};
use tokio::task::JoinSet;

/// An object on its way. Nothing in it appears before it is completed.
pub(super) struct Parts {
    upload: Box<dyn MultipartUpload>,
    /// Bytes in a part; the last part has fewer.
    part: usize,
    /// What is not sent yet, less than a part.
    rest: Vec<u8>,
    sending: JoinSet<Result<()>>,
    /// How many parts are sent at once.
    at_once: usize,
}

impl Parts {
    /// Begins an object.
    pub(super) async fn begin(
        objects: &dyn ObjectStore,
        path: &Path,
        part: usize,
        at_once: usize,
    ) -> Result<Self> {
        let upload = objects.put_multipart_opts(path, Default::default()).await?;
        Ok(Self::of(upload, part, at_once))
    }

    fn of(upload: Box<dyn MultipartUpload>, part: usize, at_once: usize) -> Self {
        Self { upload, part, rest: Vec::new(), sending: JoinSet::new(), at_once }
    }

    /// Adds bytes. After an error the upload is aborted, and the value is of no more use.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let room = self.part - self.rest.len();
            let (fits, more) = bytes.split_at(room.min(bytes.len()));
            self.rest.extend_from_slice(fits);
            bytes = more;
            if self.rest.len() == self.part
                && let Err(error) = self.send_rest().await
            {
                self.abort().await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sends what is left and makes the object appear. After an error the upload is aborted.
    pub(super) async fn finish(mut self) -> Result<()> {
        match self.complete().await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    async fn complete(&mut self) -> Result<()> {
        if !self.rest.is_empty() {
            self.send_rest().await?;
        }
        self.wait_for(0).await?;
        self.upload.complete().await.map(drop)
    }

    /// Gives the upload up. If the bucket can't be reached even for that, a rule of the bucket removes the parts.
    pub(super) async fn abort(&mut self) {
        self.sending.shutdown().await;
        let _ = self.upload.abort().await;
    }

    async fn send_rest(&mut self) -> Result<()> {
        self.wait_for(self.at_once - 1).await?;
        let part = PutPayload::from(std::mem::take(&mut self.rest));
        self.sending.spawn(self.upload.put_part(part));
        Ok(())
    }

    /// Waits until no more than so many parts are being sent.
    async fn wait_for(&mut self, left: usize) -> Result<()> {
        while self.sending.len() > left {
            match self.sending.join_next().await {
                Some(Ok(sent)) => sent?,
                Some(Err(source)) => return Err(object_store::Error::JoinError { source }),
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use object_store::{PutResult, UploadPart};

    use super::*;

    /// What a bucket saw of one upload.
    #[derive(Debug, Default)]
    struct Seen {
        parts: Vec<usize>,
        completed: bool,
        aborted: bool,
    }

    #[derive(Debug)]
    struct Bucket {
        seen: Arc<Mutex<Seen>>,
        /// The part that fails; the one after the last is the completion.
        fails: Option<usize>,
    }

    fn broken() -> object_store::Error {
        object_store::Error::Generic { store: "test", source: "broken".into() }
    }

    #[async_trait]
    impl MultipartUpload for Bucket {
        fn put_part(&mut self, data: PutPayload) -> UploadPart {
            let mut seen = self.seen.lock().unwrap();
            let fails = self.fails == Some(seen.parts.len());
            seen.parts.push(data.content_length());
            Box::pin(async move { if fails { Err(broken()) } else { Ok(()) } })
        }

        async fn complete(&mut self) -> Result<PutResult> {
            let mut seen = self.seen.lock().unwrap();
            if self.fails == Some(seen.parts.len()) {
                return Err(broken());
            }
            seen.completed = true;
            Ok(PutResult { e_tag: None, version: None, extensions: Default::default() })
        }

        async fn abort(&mut self) -> Result<()> {
            self.seen.lock().unwrap().aborted = true;
            Ok(())
        }
    }

    /// Sends ten and a half parts to a bucket, and returns what it saw.
    fn sent(fails: Option<usize>) -> (bool, Seen) {
        let seen = Arc::<Mutex<Seen>>::default();
        let bucket = Bucket { seen: Arc::clone(&seen), fails };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let is_sent = runtime.block_on(async {
            let mut parts = Parts::of(Box::new(bucket), 10, 2);
            for piece in [3, 30, 7, 20, 45] {
                parts.write(&vec![1; piece]).await?;
            }
            parts.finish().await
        });
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        (is_sent.is_ok(), seen)
    }

    #[test]
    fn object_is_sent_in_parts_of_one_size() {
        let (is_sent, seen) = sent(None);
        assert!(is_sent && seen.completed && !seen.aborted);
        assert_eq!(seen.parts, [&[10; 10][..], &[5]].concat());
    }

    #[test]
    fn whatever_fails_aborts_the_upload() {
        // The last two are the rest, which is sent at the end, and the completion.
        for part in 0..=11 {
            let (is_sent, seen) = sent(Some(part));
            assert!(!is_sent && seen.aborted && !seen.completed, "part {part}: {seen:?}");
        }
    }
}
