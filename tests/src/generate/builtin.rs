//! Calls of builtins that are more than operators.

use super::{Ty, Writer};

impl Writer {
    /// A number that a builtin finds in other values.
    pub(super) fn number_of_parts(&mut self, depth: usize) -> String {
        let (n, t) = (Ty::Number, Ty::Text);
        let item = self.ty(0);
        let array = Ty::Array(Box::new(item.clone()));
        match self.random.below(12) {
            0 => {
                let f = self.pick(&["LevenshteinDistance", "LongestCommonSubsequence"]);
                let short = |text: String| format!("Substring({text}, 0, 12)");
                let (a, b) = (self.expr(&t, depth), self.expr(&t, depth));
                format!("{f}({}, {})", short(a), short(b))
            }
            1 => {
                let f = self.pick(&["CountWords", "CountLines", "CountCharacters", "Length"]);
                format!("{f}({})", self.expr(&t, depth))
            }
            2 => {
                let f = self.pick(&["ArrayIndexOf", "ArrayCount", "ArrayLastIndexOf"]);
                format!("{f}({}, {})", self.expr(&array, depth), self.expr(&item, depth))
            }
            3 => {
                let f = self.lambda(&[item], &Ty::Bool, 1);
                format!("ArrayFindIndex({}, {f})", self.expr(&array, depth))
            }
            4 => format!(
                "Clamp({}, {}, {})",
                self.expr(&n, depth),
                self.expr(&n, depth),
                self.expr(&n, depth)
            ),
            5 => format!("Sqrt(Abs({}))", self.expr(&n, depth)),
            6 => {
                format!("{}({} % 20)", self.pick(&["Factorial", "Fibonacci"]), self.expr(&n, depth))
            }
            7 => format!("SetSize({})", self.expr(&array, depth)),
            8 => format!("ToInt({})", self.expr(&n, depth)),
            9 => format!("ToNumber(ToString({}))", self.expr(&n, depth)),
            10 => {
                let f = self.pick(&["ArrayMin", "ArrayMax", "ArrayFirst", "ArrayLast"]);
                let array = self.expr(&Ty::Array(Box::new(n)), depth);
                format!("({f}({array}) ?? 0)")
            }
            _ => {
                let f = self.pick(&["DictGet", "DictGet"]);
                let dict = self.expr(&Ty::Dict(Box::new(n)), depth);
                format!("({f}({dict}, {}) ?? 1)", self.expr(&t, depth))
            }
        }
    }

    /// A value by way of builtins that take or make functions.
    pub(super) fn by_functions(&mut self, ty: &Ty, depth: usize) -> String {
        if self.chance(2) {
            let cond = self.expr(&Ty::Bool, depth);
            let (then, otherwise) = (self.lambda(&[], ty, depth), self.lambda(&[], ty, depth));
            return format!("IfTranced({cond}, {then}, {otherwise})");
        }
        let (param, middle) = (self.ty(0), self.ty(0));
        let arg = self.expr(&param, depth);
        let first = self.lambda(&[param], &middle, 1);
        let last = self.lambda(&[middle], ty, depth);
        match self.random.below(3) {
            0 => format!("Compose({last}, {first})({arg})"),
            1 => format!("Memoize(Pipe({first}, {last}))({arg})"),
            _ => format!("Pipe({first}, {last})({arg})"),
        }
    }

    /// A property of values.
    pub(super) fn property(&mut self, depth: usize) -> String {
        let (n, t) = (Ty::Number, Ty::Text);
        match self.random.below(6) {
            0 => {
                let f = self.pick(&[
                    "IsAlphabetic",
                    "IsDigits",
                    "IsAlphanumeric",
                    "IsLowercase",
                    "IsUppercase",
                    "IsWhitespace",
                    "IsPalindrome",
                    "IsNumeric",
                    "IsNullOrEmpty",
                ]);
                format!("{f}({})", self.expr(&t, depth))
            }
            1 => format!("AreAnagrams({}, {})", self.expr(&t, depth), self.expr(&t, depth)),
            2 => {
                let f = self.pick(&["IsSubset", "IsSuperset", "IsDisjoint", "ArraysEqual"]);
                let ty = Ty::Array(Box::new(self.ty(0)));
                format!("{f}({}, {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            3 => {
                let ty = self.ty(1);
                format!("DeepEquals({}, {})", self.expr(&ty, depth), self.expr(&ty, depth))
            }
            4 => {
                let dict = Ty::Dict(Box::new(self.ty(0)));
                format!("DictHasKey({}, {})", self.expr(&dict, depth), self.expr(&t, depth))
            }
            _ => format!("{}({} % 100)", self.pick(&["IsEven", "IsPrime"]), self.expr(&n, depth)),
        }
    }

    /// A text made from another.
    pub(super) fn edited(&mut self, depth: usize) -> String {
        let t = Ty::Text;
        let text = self.expr(&t, depth);
        let (a, b) = (self.random.below(5), self.random.below(9));
        match self.random.below(9) {
            8 => {
                let (f, inverse) = [
                    ("Base64Encode", "Base64Decode"),
                    ("HexEncode", "HexDecode"),
                    ("URLEncode", "URLDecode"),
                    ("HTMLEncode", "HTMLDecode"),
                ][self.random.below(4)];
                if self.chance(2) {
                    format!("{f}({text})")
                } else {
                    format!("{inverse}({f}({text}))")
                }
            }
            0 => {
                let f = self.pick(&["TrimStart", "TrimEnd", "ReverseWords", "UniqueCharacters"]);
                format!("{f}({text})")
            }
            1 => format!("Truncate({text}, {b})"),
            2 => format!("InsertAt({text}, {a}, {})", self.expr(&t, depth)),
            3 => format!("RemoveAt({text}, {a})"),
            4 => format!("PadRight({text}, {b}, \"-\")"),
            5 => format!("SliceWithNegative({text}, -{b}, {a})"),
            6 => format!("(CharAt({text}, {a}) ?? \"none\")"),
            _ => {
                let ty = self.ty(1);
                format!("Concat({text}, {})", self.expr(&ty, depth))
            }
        }
    }

    /// An array made from others.
    pub(super) fn rearranged(&mut self, item: &Ty, depth: usize) -> String {
        let ty = Ty::Array(Box::new(item.clone()));
        let array = self.expr(&ty, depth);
        let n = self.random.below(4);
        match self.random.below(9) {
            0 => format!("ArrayFlatten(ArrayChunk({array}, {n}))"),
            1 => format!("ArrayFlatten(ArrayWindows({array}, {n}))"),
            2 => format!("ArrayFlatten(ArrayZip({array}, {}))", self.expr(&ty, depth)),
            3 => {
                let f = self.lambda(std::slice::from_ref(item), &Ty::Bool, 1);
                format!("ArrayPartition({array}, {f})[{}]", n % 2)
            }
            4 => {
                let key = self.ty(0);
                let f = self.lambda(std::slice::from_ref(item), &key, 1);
                format!("ArrayUniqueBy({array}, {f})")
            }
            5 => format!("SymmetricDifference({array}, {})", self.expr(&ty, depth)),
            6 => format!("SubArray({array}, {n}, 3)"),
            7 if *item == Ty::Number => {
                format!("ArraySortBy({array}, (x, y) => x % 7 - y % 7)")
            }
            7 if *item == Ty::Text => {
                format!("SplitWords({})", self.expr(&Ty::Text, depth))
            }
            _ => {
                let f = self.lambda(std::slice::from_ref(item), &Ty::Text, 1);
                format!("ArrayFlatten(DictValues(ArrayGroupBy({array}, {f})))")
            }
        }
    }
}
