//! Paths as text: relative ones with `/`, the same on every system.

use std::path::{Component, Path, PathBuf};

/// The way from the directory `base` to `path`, both absolute and without `.` and `..`.
pub(crate) fn relative(base: &Path, path: &Path) -> String {
    let (mut from, mut to) = (base.components().peekable(), path.components().peekable());
    let mut shared = 0;
    while let (Some(a), Some(b)) = (from.peek(), to.peek())
        && a == b
    {
        from.next();
        to.next();
        shared += 1;
    }
    if shared == 0 {
        // Another drive.
        return path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    }
    let up = from.map(|_| "..".to_owned());
    let down = to.map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Removes `.` and resolves `..` in the text of a path, without looking at the file system.
pub(crate) fn simplified(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            _ => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{relative, simplified};
    use std::path::{Path, PathBuf};

    #[test]
    fn relative_paths() {
        let way = |base: &str, path: &str| relative(Path::new(base), Path::new(path));
        assert_eq!(way("/a/b", "/a/b/c.hyp"), "c.hyp");
        assert_eq!(way("/a/b", "/a/c/d.hyp"), "../c/d.hyp");
        assert_eq!(way("/a/b", "/a/d.hyp"), "../d.hyp");
    }

    #[test]
    fn simplified_paths() {
        let plain = |path: &str| simplified(Path::new(path));
        assert_eq!(plain("src/../lib/./a.hyp"), PathBuf::from("lib/a.hyp"));
        assert_eq!(plain("../a/../b.hyp"), PathBuf::from("../b.hyp"));
        assert_eq!(plain("../../b.hyp"), PathBuf::from("../../b.hyp"));
    }
}
