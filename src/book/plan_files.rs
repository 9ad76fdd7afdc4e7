//! Plans that lie in a book's folder, as an editor may offer them.

use super::Book;

/// Most that are looked at.
const MAX_FILES: usize = 16;

impl Book {
    /// Names of the files in the book's folder that are named like plans: `plan.json`, `plan.staging.json`,
    /// `production.tfplan.json`. None in a bare repository.
    pub fn plan_files(&self) -> Vec<String> {
        let Some(entries) = self.root.as_ref().and_then(|root| std::fs::read_dir(root).ok()) else {
            return Vec::new();
        };
        let regular = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let names = regular.filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<String> = names.filter(|name| is_plan(name)).collect();
        found.sort();
        found.truncate(MAX_FILES);
        found
    }

    /// The bytes of one of [`plan_files`](Self::plan_files).
    ///
    /// # Errors
    /// When it is none of them any more, or cannot be read.
    pub fn plan_file(&self, name: &str) -> std::io::Result<Vec<u8>> {
        let root = self.root.as_ref().filter(|_| self.plan_files().iter().any(|known| known == name));
        let root = root.ok_or(std::io::ErrorKind::NotFound)?;
        std::fs::read(root.join(name))
    }
}

/// The words of a plan's name without its ending.
pub fn words_of_plan(name: &str) -> impl Iterator<Item = &str> {
    name.strip_suffix(".json").unwrap_or(name).split('.')
}

fn is_plan(name: &str) -> bool {
    name.ends_with(".json") && words_of_plan(name).any(|word| word == "plan" || word == "tfplan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_plans() {
        for name in ["plan.json", "tfplan.json", "plan.staging.json", "production.tfplan.json"] {
            assert!(is_plan(name), "{name}");
        }
        for name in ["plan", "package.json", "plans.json", "airplane.json", "plan.json.bak", "plan.tf"] {
            assert!(!is_plan(name), "{name}");
        }
    }
}
