//! A repository of its own that borrows another's objects, in which a push has already gone through.

use std::path::{Path, PathBuf};

use super::ActError;

/// The repository; it is gone when this is dropped.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// A bare repository whose `HEAD` is `branch` at `commit` (40 hexadecimal digits), with the objects of these
    /// directories: that of a repository, and the quarantine of a push.
    ///
    /// # Errors
    /// [`ActError::Io`].
    pub fn new(objects: &[PathBuf], branch: &str, commit: &str) -> Result<Self, ActError> {
        let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
        let folder = tempfile::Builder::new().prefix("changebook-push-").tempdir().map_err(io)?;
        let write = |path: &str, text: String| -> Result<(), ActError> {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap_or(folder.path())).map_err(io)?;
            std::fs::write(file, text).map_err(io)
        };
        write("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n".to_owned())?;
        write("HEAD", format!("ref: refs/heads/{branch}\n"))?;
        write("packed-refs", format!("{commit} refs/heads/{branch}\n"))?;
        std::fs::create_dir_all(folder.path().join("refs/heads")).map_err(io)?;
        let mut alternates = String::new();
        for directory in objects {
            let directory = directory.canonicalize().map_err(io)?;
            alternates.push_str(&format!("{}\n", directory.display()));
        }
        write("objects/info/alternates", alternates)?;
        Ok(Scratch { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
