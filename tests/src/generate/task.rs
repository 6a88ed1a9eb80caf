//! Tasks: promises, waiting, cancelling, channels.

use super::{Ty, Var, Writer};

const CHANNEL_KINDS: [&str; 3] = ["mpsc", "broadcast", "watch"];

impl Writer {
    /// Some milliseconds.
    fn ms(&mut self) -> usize {
        self.random.below(6) * self.random.below(4)
    }

    /// A promise of a type that is fulfilled.
    pub(super) fn promise(&mut self, ty: &Ty, depth: usize) -> String {
        let names = self.of_type(&Ty::Promise(Box::new(ty.clone())), false);
        let n = if depth == 0 || self.loop_depth > 2 { 4 } else { 12 };
        let depth = depth.saturating_sub(1);
        match self.random.below(n) {
            0 | 1 if !names.is_empty() => names[self.random.below(names.len())].clone(),
            4 | 5 => {
                let function = self.lambda(&[], ty, depth);
                format!("spawnTask({function})")
            }
            6 => format!("promiseRace([{}, {}])", self.promise(ty, depth), self.promise(ty, depth)),
            7 => format!("promiseAny([{}, {}])", self.promise(ty, depth), self.expr(ty, depth)),
            8 => format!("withTimeout({}, {})", 50 + self.ms(), self.promise(ty, depth)),
            9 => match self.task_call(ty, depth) {
                Some(call) => call,
                None => format!("delayedValue({}, {})", self.ms(), self.expr(ty, depth)),
            },
            10 | 11 => match ty {
                Ty::Array(item) => {
                    let parts = [self.promise(item, depth), self.promise(item, depth)];
                    let (value, function) = (self.expr(item, depth), self.lambda(&[], item, depth));
                    if self.chance(3) {
                        format!("parallel([{function}, () => {value}])")
                    } else {
                        format!("promiseAll([{}, {value}, {}])", parts[0], parts[1])
                    }
                }
                _ => format!("delayedValue({}, {})", self.ms(), self.promise(ty, depth)),
            },
            _ => format!("delayedValue({}, {})", self.ms(), self.literal(ty)),
        }
    }

    /// A value that is waited for.
    pub(super) fn awaited(&mut self, ty: &Ty, depth: usize) -> String {
        let promise = self.promise(ty, depth);
        match self.random.below(5) {
            0 => format!("awaitTask({promise})"),
            1 => format!("(surrenderTo {promise})"),
            _ => format!("(await {promise})"),
        }
    }

    /// Makes the channels of the program.
    pub(super) fn channels(&mut self) {
        for i in 0..self.random.below(4) {
            let kind = self.pick(&CHANNEL_KINDS);
            let capacity = self.random.below(3);
            self.line(&format!("createChannel(\"c{i}\", \"{kind}\", {capacity});"));
        }
    }

    /// A statement about tasks.
    pub(super) fn task_statement(&mut self) {
        match self.random.below(14) {
            0 | 1 => self.line("yieldTask();"),
            2 => {
                let ms = self.ms();
                self.line(&format!("drift({ms});"));
            }
            3..=5 => self.declare_promise(),
            6 | 7 => self.background(),
            8 => self.cancelled(),
            9 => {
                let ty = self.ty(1);
                let (first, second) = (self.promise(&ty, 2), self.failing_promise());
                self.line(&format!("observe await promiseAllSettled([{first}, {second}]);"));
            }
            10 => {
                let promise = self.failing_promise();
                self.guarded(&format!("observe await {promise};"));
            }
            _ => self.channel(),
        }
    }

    fn declare_promise(&mut self) {
        let ty = self.ty(1);
        let value = self.promise(&ty, 2);
        let ty = Ty::Promise(Box::new(ty));
        let annotation = self.maybe_annotation(&ty);
        let name = self.fresh("t");
        self.line(&format!("induce {name}{annotation} = {value};"));
        self.vars.push(Var { name, ty, is_mutable: true });
    }

    /// A statement whose error is printed.
    fn guarded(&mut self, statement: &str) {
        let caught = self.fresh("e");
        self.line(&format!("try {{ {statement} }} catch ({caught}) {{ observe {caught}; }}"));
    }

    /// A promise that may be rejected.
    fn failing_promise(&mut self) -> String {
        let ty = self.ty(0);
        let (ms, text) = (self.ms(), self.literal(&Ty::Text));
        let throws = format!("spawnTask(suggestion() {{ drift({ms}); throw {text}; }})");
        match self.random.below(7) {
            0 => format!("withTimeout({}, {})", self.ms(), self.promise(&ty, 2)),
            1 => format!("promiseAny([{throws}, {}])", self.promise(&ty, 1)),
            2 => format!("promiseRace([{throws}, {}])", self.promise(&ty, 1)),
            3 => format!("promiseAll([{}, {throws}, {}])", self.promise(&ty, 1), self.expr(&ty, 1)),
            4 => format!("promiseAny([{throws}, {throws}])"),
            5 => {
                let cond = self.expr(&Ty::Bool, 1);
                format!(
                    "spawnTask(suggestion() {{ yieldTask(); if ({cond}) {{ throw {text}; }} \
                     awaken {}; }})",
                    self.promise(&ty, 1)
                )
            }
            _ => throws,
        }
    }

    /// Statements that run as a task of their own.
    fn background(&mut self) {
        let word = if self.chance(2) { "mesmerize suggestion" } else { "suggestion" };
        self.open(&format!("spawnTask({word}() {{"));
        let outer = (self.result.take(), std::mem::take(&mut self.loops));
        self.loop_depth += 1;
        let is_safe = !self.chance(5);
        if is_safe {
            self.open("try {");
        }
        let mark = self.vars.len();
        self.task_statement();
        self.block(2);
        self.vars.truncate(mark);
        if is_safe {
            let caught = self.fresh("e");
            self.close(&format!("}} catch ({caught}) {{ observe {caught}; }}"));
        }
        self.loop_depth -= 1;
        (self.result, self.loops) = outer;
        self.close("});");
    }

    /// A task that is cancelled, sometimes too late.
    fn cancelled(&mut self) {
        let task = self.fresh("t");
        let ty = self.ty(1);
        let promise = self.promise(&ty, 2);
        let (ms, late) = (self.ms(), self.ms());
        self.open(&format!("induce {task} = spawnTask(suggestion() {{"));
        self.line(&format!("try {{ drift({ms}); observe await {promise}; }}"));
        self.line(&format!("finally {{ observe \"end of {task}\"; }}"));
        self.close("});");
        if !self.chance(3) {
            self.line(&format!("drift({late});"));
        }
        self.line(&format!("observe cancelTask({task});"));
        self.guarded(&format!("observe await {task};"));
    }

    fn channel(&mut self) {
        let kind = self.pick(&CHANNEL_KINDS);
        let channel = format!("\"c{}\", \"{kind}\"", self.random.below(3));
        let name = channel.split(',').next().unwrap_or_default();
        let ty = self.ty(1);
        let value = self.expr(&ty, 2);
        let (n, ms, i) = (1 + self.random.below(4), self.ms(), self.fresh("i"));
        let statement = match self.random.below(9) {
            0 | 1 => format!("observe channelSend({channel}, {value});"),
            2 | 3 => format!("observe channelReceive({channel});"),
            4 => format!(
                "loop (induce {i} within 1 upTo {n}) {{ channelSend({channel}, {i}); drift({ms}); }}"
            ),
            5 => format!(
                "loop (induce {i} within 1 upTo {n}) {{ observe channelReceive({channel}); }}"
            ),
            6 => format!("observe channelSubscribe({name});"),
            7 => format!("observe channelCurrent({name});"),
            _ if self.chance(3) => format!("observe channelClose({channel});"),
            _ => format!("observe channelReceive({channel}); channelSend({channel}, {value});"),
        };
        if self.chance(2) {
            return self.guarded(&statement);
        }
        self.open("spawnTask(suggestion() {");
        self.guarded(&statement);
        self.close("});");
    }
}
