//! Files and paths.

use crate::expression::{Machine, check};

#[test]
fn paths() {
    check(
        r#"
        GetFileExtension("a/b.tar.gz") => gz
        GetFileExtension("a/.hidden") => null
        GetFileName("a/b.tar.gz") => b.tar
        GetFileName("/") => null
        GetBaseName("a/b.tar.gz") => b.tar.gz
        GetParentDirectory("a/b") => a
        GetParentDirectory("b") =>
        GetParentDirectory("/") => null
        FileExists("no/such/file") => false
        IsFile(".") => false
        IsDirectory(".") => true
        "#,
    );
    if cfg!(unix) {
        check(
            r#"
            JoinPath("a", "b", "c.txt") => a/b/c.txt
            JoinPath("a", "/b") => /b
            JoinPath() =>
            JoinPath("a", 5) => type: Builtin 'JoinPath' expected string argument at position 2, got 5
            ReadFile("a\0b") => io: Cannot read file 'a?b': file name contained an unexpected NUL byte
            "#
            .replace("'a?b'", "'a\0b'")
            .as_str(),
        );
    }
}

#[test]
fn a_directory_tree() {
    let root = std::env::temp_dir().join(format!("hyp-builtins-{}", std::process::id()));
    let root = root.to_str().expect("the temporary directory is UTF-8").to_owned();
    let mut machine = Machine::new(true, "");
    let mut expect = |text: &str, expected: &str| {
        let text = text.replace('$', &root);
        let shown = machine.show(&text).replace(&root, "$");
        assert_eq!(shown, expected, "{text}");
    };
    expect("WriteFile(\"$/a/x.txt\", \"one\\ntwo\\n\")", "null");
    expect("AppendFile(\"$/a/x.txt\", \"drei ü\")", "null");
    expect("ReadFile(\"$/a/x.txt\")", "one\ntwo\ndrei ü");
    expect("ReadLines(\"$/a/x.txt\")", "[one, two, drei ü]");
    expect("GetFileSize(\"$/a/x.txt\")", "15");
    expect("DictGet(GetFileInfo(\"$/a/x.txt\"), \"size\")", "15");
    expect("IsInRange(DictGet(GetFileInfo(\"$/a/x.txt\"), \"modified\"), 1e9, 1e11)", "true");
    expect("WriteLines(\"$/a/b/y.txt\", [1, \"zwei\"])", "null");
    expect("ReadFile(\"$/a/b/y.txt\")", "1\nzwei");
    expect("ListDirectory(\"$/a\")", "[b, x.txt]");
    expect("ListFiles(\"$/a\")", "[x.txt]");
    expect("ListDirectories(\"$/a\")", "[b]");
    expect("CopyFile(\"$/a/x.txt\", \"$/a/a.txt\")", "15");
    expect("RenameFile(\"$/a/a.txt\", \"$/a/z.txt\")", "null");
    expect("FileExists(\"$/a/a.txt\")", "false");
    expect("CopyDirectoryRecursive(\"$/a\", \"$/a/copy\")", "null");
    expect("ListDirectory(\"$/a/copy\")", "[b, x.txt, z.txt]");
    expect("DeleteFile(\"$/a/z.txt\")", "null");
    expect("CreateDirectory(\"$/c/d\")", "null");
    expect("CreateDirectory(\"$/c/d\")", "null");
    let missing = "No such file or directory (os error 2)";
    if cfg!(unix) {
        expect("ReadFile(\"$/no\")", &format!("io: Cannot read file '$/no': {missing}"));
        expect(
            "CopyFile(\"$/no\", \"$/x\")",
            &format!("io: Cannot copy file '$/no' to '$/x': {missing}"),
        );
        expect("ListDirectory(\"$/no\")", &format!("io: Cannot list directory '$/no': {missing}"));
        expect("DeleteFile(\"$/no\")", &format!("io: Cannot delete file '$/no': {missing}"));
        expect(
            "DeleteDirectory(\"$/c\")",
            "io: Cannot delete directory '$/c': Directory not empty (os error 39)",
        );
    }
    expect("DeleteDirectory(\"$/c/d\")", "null");
    std::fs::write(format!("{root}/latin1"), [0xE4]).expect("writable");
    expect("ReadFile(\"$/latin1\")", "io: Cannot read file '$/latin1': it is not valid UTF-8");
    expect(
        "CopyDirectoryRecursive(\"$/latin1\", \"$/e\")",
        "io: Cannot copy directory '$/latin1' to '$/e': the source is not a directory",
    );
    expect("DeleteDirectory(\"$\", true)", "null");
    expect("FileExists(\"$\")", "false");
}
