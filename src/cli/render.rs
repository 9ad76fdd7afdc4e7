//! Renders kustomizations and charts by their own tools, where these are at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::CliError;
use super::file_set::{FileSet, Origin};
use crate::book::Book;

const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What must be rendered before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Kustomization,
    Chart,
}

/// The set as it is, or what its own tool makes of it when it is a kustomization or a chart.
///
/// # Errors
/// When the tool is not there, or fails.
pub(super) fn rendered(book: Option<&Book>, set: FileSet) -> Result<FileSet, CliError> {
    let has = |name: &str| set.files.iter().any(|(path, _)| path == name);
    let source = if KUSTOMIZATIONS.into_iter().any(has) {
        Source::Kustomization
    } else if has("Chart.yaml") {
        Source::Chart
    } else {
        return Ok(set);
    };
    let mut scratch = None;
    let folder = match &set.origin {
        Origin::Disk(path) => path.clone(),
        Origin::Commit(revision, path) => {
            let directory = tempfile::tempdir()
                .map_err(|error| CliError::failure(format!("cannot create a temporary folder: {error}")))?;
            // A kustomization may name its base beside it, so all that stands in the top folder comes along.
            let top = path.split('/').next().unwrap_or_default();
            let all = FileSet::read(book, directory.path(), &format!("{revision}:{top}"))?;
            write_files(&directory.path().join(top), &all.files)?;
            let folder = directory.path().join(path);
            scratch = Some(directory);
            folder
        }
        Origin::Standard | Origin::Nothing => return Ok(set),
    };
    let bytes = render(source, &set.argument, &folder)?;
    drop(scratch);
    Ok(FileSet { files: vec![(rendered_name(source).to_owned(), bytes)], ..set })
}

fn rendered_name(source: Source) -> &'static str {
    match source {
        Source::Kustomization => KUSTOMIZATIONS[0],
        Source::Chart => "Chart.yaml",
    }
}

fn render(source: Source, argument: &str, folder: &Path) -> Result<Vec<u8>, CliError> {
    let (what, tools): (&str, &[&[&str]]) = match source {
        Source::Kustomization => ("a kustomization", &[&["kustomize", "build"], &["kubectl", "kustomize"]]),
        Source::Chart => ("a chart", &[&["helm", "template", "release"]]),
    };
    for tool in tools {
        let output = match Command::new(tool[0]).args(&tool[1..]).arg(folder).output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(CliError::failure(format!("cannot start `{}`: {error}", tool[0]))),
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(CliError::failure(format!("`{}` cannot render `{argument}`: {said}", tool.join(" "))));
    }
    let names: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool[0])).collect();
    let absent = if names.len() == 1 { "which is not" } else { "and neither is" };
    Err(CliError::failure(format!(
        "`{argument}` is {what}: {} renders it, {absent} on the PATH",
        names.join(" or ")
    ))
    .with_hint(format!(
        "render both states where the tool is installed, and compare the files: `{} … > new.yaml`",
        tools[0].join(" ")
    )))
}

fn write_files(root: &Path, files: &[(String, Vec<u8>)]) -> Result<(), CliError> {
    for (path, bytes) in files {
        // A tree made by hand may hold names that lead out of the folder.
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(CliError::failure(format!("`{path}` is not a path inside a folder")));
        }
        let file: PathBuf = root.join(path);
        let written = std::fs::create_dir_all(file.parent().unwrap_or(root))
            .and_then(|()| std::fs::write(&file, bytes));
        written.map_err(|error| CliError::failure(format!("cannot write a temporary file: {error}")))?;
    }
    Ok(())
}
