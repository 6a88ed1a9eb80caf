//! The virtual machine: its state, its options and a program's run from start to exit code.

use std::cell::RefCell;
use std::io::{BufRead, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hyp_bytecode::builtin::{CALL_NEEDS, CallNeeds};
use hyp_bytecode::module::{Desc, FuncId, StrId};
use hyp_bytecode::rep::TypeId;
use hyp_bytecode::verify::VerifiedModule;

use crate::access::{Access, FileFault, Grants};
use crate::call::DENIED;
use crate::error::Trap;
use crate::heap::mark::Marker;
use crate::heap::{Heap, Roots};
use crate::limit::{Cause, Fuel, InterruptHandle, Limit, RegexLimits};
use crate::link::{FuncInfo, Site, TypeInfo};
use crate::output::Output;
use crate::position::Positions;
use crate::report::Report;
use crate::stack::{Frame, Stack};
use crate::task::{Host, TaskLimits, Tasks};
use crate::tier::{Native, TierFactory};
use crate::value::Value;

/// Rejections that a run reports.
const REJECTIONS_MAX: usize = 100;
/// How a machine is set up.
pub struct VmOptions {
    /// Bytes that the heap may take from the system.
    pub heap_bytes_max: usize,
    /// Script calls that may be active at once.
    pub call_depth_max: usize,
    /// Callbacks of builtins that may be active at once.
    pub native_depth_max: u32,
    /// Limits of tasks, timers and channels.
    pub tasks: TaskLimits,
    /// Limits of regular expressions.
    pub regex: RegexLimits,
    /// Steps that the program may take: taken backward branches, calls, raised errors, and what
    /// builtins charge. `None`: any number.
    pub fuel_max: Option<u64>,
    /// Bytes that the program may write to standard output and standard error. `None`: any number.
    pub output_bytes_max: Option<u64>,
    /// Collect at every safepoint and overwrite freed memory: finds missing roots.
    pub gc_stress: bool,
    /// For tests, with `gc_stress`: small and large allocations until one fails as at the heap limit.
    pub allocations_left: Option<Arc<AtomicU64>>,
    /// For tests: time passes only while every task waits, and then at once, so that timers go off in
    /// the same order on every machine.
    pub virtual_time: bool,
    /// For tests: a file operation that fails.
    pub file_fault: Option<FileFault>,
    /// What the program may do outside of the machine.
    pub grants: Grants,
    /// Where `Random` and its relatives start; `None`: somewhere else in every run. Keys, salts,
    /// identifiers and random text do not depend on it.
    pub random_seed: Option<u64>,
    /// Makes native code of hot functions; `None`: everything is interpreted.
    pub tier: Option<TierFactory>,
    /// What does input and output for services; `None`: their builtins fail.
    pub host: Option<Rc<dyn Host>>,
    /// Program arguments.
    pub args: Vec<String>,
    /// Whether `DebugPrint` and its relatives write.
    pub debug: bool,
    /// Standard output; the machine buffers it itself.
    pub stdout: Box<dyn Write>,
    /// Standard error, for builtins. Reports are returned, not printed.
    pub stderr: Box<dyn Write>,
    /// Standard input.
    pub stdin: Box<dyn BufRead>,
}

impl VmOptions {
    /// The process's streams, no arguments, 1 GiB of heap, 10,000 calls, no other limits, everything
    /// granted.
    #[must_use]
    pub fn new() -> VmOptions {
        VmOptions {
            heap_bytes_max: 1 << 30,
            call_depth_max: 10_000,
            native_depth_max: 1000,
            tasks: TaskLimits::default(),
            regex: RegexLimits::default(),
            fuel_max: None,
            output_bytes_max: None,
            gc_stress: false,
            allocations_left: None,
            virtual_time: false,
            file_fault: None,
            grants: Grants::everything(),
            random_seed: None,
            tier: None,
            host: None,
            args: Vec::new(),
            debug: false,
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
            stdin: Box::new(std::io::BufReader::new(std::io::stdin())),
        }
    }
}

impl Default for VmOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// How a program ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Exit code of the process.
    pub exit_code: i32,
    /// The first uncaught error.
    pub error: Option<Report>,
    /// Errors after it, in order: of cancelled tasks, of finales, of the output.
    pub later: Vec<Report>,
    /// Rejections that nobody has seen, in order; the first ones if they are very many.
    pub rejections: Vec<Report>,
}

impl Outcome {
    /// Everything to tell the user.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.error.iter().chain(&self.later).chain(&self.rejections)
    }

    /// Adds an error that came after the others, unless it is one of them: a stream that is broken
    /// fails each time it is written.
    fn add_error(&mut self, error: Option<Report>) {
        let Some(error) = error.filter(|e| self.reports().all(|known| known != e)) else { return };
        if self.error.is_none() {
            self.error = Some(error);
        } else {
            self.later.push(error);
        }
    }
}

/// One program with its heap, stacks and streams.
///
/// The first fields are read by native code at fixed offsets.
#[repr(C)]
pub struct Vm {
    /// The running function's frame.
    pub(crate) frame: *mut Frame,
    /// No script frame may be pushed at or above this.
    pub(crate) frame_limit: *mut Frame,
    /// Taken backward branches until the next poll.
    pub(crate) budget: i64,
    pub(crate) funcs: *const FuncInfo,
    pub(crate) globals: *mut Value,
    /// String constants by number; `Value(0)` is not yet made.
    pub(crate) strings: *mut Value,
    /// Function values by function number; `Value(0)` is not yet made.
    pub(crate) closures: *mut Value,
    pub(crate) sites: *mut Site,
    /// By descriptor: the type id of a plain record or session type, 0 for other descriptors.
    pub(crate) named_descs: *const u32,
    /// Native code must not use addresses of the native stack below this.
    pub(crate) native_limit: usize,
    /// Where the interpreter goes on with a frame that native code has left.
    pub(crate) exit_pc: *const u32,
    /// What a helper of native code that keeps all registers has given.
    pub(crate) given: u64,
    pub(crate) heap: Heap,
    /// Instruction of the running function, valid in slow paths and builtins.
    pub(crate) pc: *const u32,
    /// Registers of the running function, valid in slow paths and builtins.
    pub(crate) base: *mut Value,
    /// Arguments of the innermost running builtin.
    pub(crate) native_args: *mut Value,
    pub(crate) native_count: u32,
    pub(crate) native_depth: u32,
    pub(crate) native_depth_max: u32,
    /// The boundary below the frames that are in use.
    pub(crate) frame_bottom: *mut Frame,
    /// First frame of the running task; null for the program body.
    pub(crate) task_root: *mut Frame,
    /// Whether the interpreter left because the running task waits.
    pub(crate) has_parked: bool,
    /// Why the interpreter left early.
    pub(crate) pending: Option<Trap>,
    /// What the interpreter left with.
    pub(crate) result: Value,
    pub(crate) module: Arc<VerifiedModule>,
    pub(crate) stack: Stack,
    pub(crate) func_table: Vec<FuncInfo>,
    pub(crate) desc_table: Vec<u32>,
    pub(crate) type_table: Vec<TypeInfo>,
    pub(crate) field_counts: Vec<u32>,
    pub(crate) global_table: Vec<Value>,
    pub(crate) string_table: Vec<Value>,
    pub(crate) closure_table: Vec<Value>,
    pub(crate) session_table: Vec<Value>,
    pub(crate) site_table: Box<[Site]>,
    pub(crate) site_turn: usize,
    pub(crate) chars: Vec<Value>,
    /// What throwing the missing mark continues: an exit that a `finally` block interrupts.
    pub(crate) exit: Option<Trap>,
    /// The last thrown value that is no error object, and the calls that were active then.
    pub(crate) thrown: (Value, Vec<(u32, u32)>),
    /// Values that builtins keep alive until they return.
    pub(crate) roots: Vec<Value>,
    /// Values that live as long as the machine.
    pub(crate) kept: Vec<Value>,
    /// Arguments that each builtin needs; [`crate::call::DENIED`] if it may not be called.
    pub(crate) builtin_required: Vec<u8>,
    pub(crate) access: Access,
    /// Reused by string building.
    pub(crate) scratch: String,
    pub(crate) interrupt: InterruptHandle,
    pub(crate) fuel: Fuel,
    /// Calls of script functions that took the slow path.
    pub(crate) slow_calls: u64,
    pub(crate) output: Output,
    pub(crate) stderr: Box<dyn Write>,
    pub(crate) stdin: Box<dyn BufRead>,
    pub(crate) args: Vec<String>,
    /// Where the code points of recently indexed strings lie.
    pub(crate) positions: RefCell<Positions>,
    debug: bool,
    /// Native code; `None` if there is no tier.
    pub(crate) native: Option<Box<Native>>,
    pub(crate) tasks: Tasks,
    /// Services.
    pub(crate) host: Option<Rc<dyn Host>>,
    /// State of the builtins.
    pub builtins: crate::builtins::State,
}

impl Vm {
    /// A machine that is ready to run the module.
    #[must_use]
    pub fn new(module: Arc<VerifiedModule>, options: VmOptions) -> Box<Vm> {
        let func_table: Vec<_> =
            module.functions.iter().enumerate().map(|(i, f)| FuncInfo::new(i, f)).collect();
        let type_table: Vec<_> =
            (0_u32..).zip(&module.types).map(|(i, t)| TypeInfo::new(TypeId::user(i), t)).collect();
        let mut field_counts = vec![0; TypeId::FIRST_USER as usize];
        field_counts.extend(type_table.iter().map(|t| t.template.len() as u32));
        let named_descs: Vec<_> = module.descs.iter().map(named_type).collect();
        let stack = Stack::new(options.call_depth_max, options.native_depth_max as usize);
        let access = Access::new(options.grants, options.file_fault);
        let (budget, fuel) = Fuel::new(options.fuel_max);
        let mut heap = Heap::new(options.heap_bytes_max, options.gc_stress);
        heap.fail_after(options.allocations_left);
        let mut vm = Box::new(Vm {
            heap,
            frame: stack.first_frame(),
            frame_limit: stack.frame_limit(),
            budget,
            funcs: std::ptr::null(),
            globals: std::ptr::null_mut(),
            strings: std::ptr::null_mut(),
            closures: std::ptr::null_mut(),
            sites: std::ptr::null_mut(),
            named_descs: std::ptr::null(),
            native_limit: 0,
            exit_pc: std::ptr::null(),
            given: 0,
            native: None,
            pc: std::ptr::null(),
            base: stack.registers(),
            native_args: stack.registers(),
            native_count: 0,
            native_depth: 0,
            native_depth_max: options.native_depth_max,
            frame_bottom: stack.first_frame(),
            task_root: std::ptr::null_mut(),
            has_parked: false,
            tasks: Tasks::new(options.tasks, options.virtual_time),
            host: options.host,
            pending: None,
            result: Value::NULL,
            global_table: vec![Value::UNDEF; module.globals.len()],
            string_table: vec![Value::ZERO; module.strings.len()],
            closure_table: vec![Value::ZERO; module.functions.len()],
            session_table: vec![Value::ZERO; module.types.len()],
            site_table: new_sites(module.n_sites as usize),
            site_turn: 0,
            chars: vec![Value::ZERO; 128],
            exit: None,
            thrown: (Value::UNDEF, Vec::new()),
            roots: Vec::new(),
            kept: Vec::new(),
            builtin_required: required_counts(&access),
            access,
            scratch: String::new(),
            interrupt: InterruptHandle::default(),
            fuel,
            slow_calls: 0,
            output: Output::new(options.stdout, options.output_bytes_max),
            stderr: options.stderr,
            stdin: options.stdin,
            args: options.args,
            positions: RefCell::default(),
            debug: options.debug,
            builtins: crate::builtins::State::new(options.random_seed, options.regex),
            module,
            stack,
            func_table,
            desc_table: named_descs,
            type_table,
            field_counts,
        });
        vm.link_tables();
        if let Some(factory) = options.tier {
            let tier = factory(&vm.module);
            vm.attach(tier);
        }
        vm
    }

    /// Points the fields that instructions read at the tables.
    pub(crate) fn link_tables(&mut self) {
        self.funcs = self.func_table.as_mut_ptr();
        self.named_descs = self.desc_table.as_ptr();
        self.globals = self.global_table.as_mut_ptr();
        self.strings = self.string_table.as_mut_ptr();
        self.closures = self.closure_table.as_mut_ptr();
        self.sites = self.site_table.as_mut_ptr();
    }

    /// A handle that interrupts this machine.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// The same without a copy.
    #[must_use]
    pub fn interrupt_handle_ref(&self) -> &InterruptHandle {
        &self.interrupt
    }

    /// Whether `DebugPrint` and its relatives write.
    pub(crate) fn is_debugged(&self) -> bool {
        self.debug
    }

    /// Figures of the heap.
    #[must_use]
    pub fn heap_stats(&self) -> crate::heap::HeapStats {
        self.heap.stats()
    }

    /// Has `hook` called after each pause that the collector makes.
    pub fn on_heap_pause(&mut self, hook: crate::heap::PauseHook) {
        self.heap.set_pause_hook(hook);
    }

    /// What a limit says when it is exceeded.
    pub(crate) fn limit_message(&self, limit: Limit) -> String {
        match limit {
            Limit::Heap => format!("Heap limit of {} bytes exceeded", self.heap.configured_max()),
            Limit::Fuel => "Fuel limit exceeded".to_owned(),
            Limit::WallClock => "Time limit exceeded".to_owned(),
            Limit::Output => "Output limit exceeded".to_owned(),
        }
    }

    /// Runs the program body, then the finales, whatever ended the body. Output is flushed.
    pub fn run(&mut self) -> Outcome {
        let body = self.run_main();
        if matches!(body, Err(Trap::Interrupted | Trap::Limit(_))) {
            self.builtins.end_processes();
        }
        let mut outcome = self.finish(body);
        match outcome.error.as_ref().map(|error| error.cause) {
            // The finales get the memory that only the body used.
            Some(Cause::Limit(Limit::Heap)) => self.collect_all(),
            Some(Cause::Limit(_)) => {
                let _ = self.output.flush();
                return outcome;
            }
            _ => {}
        }
        if let Err(trap) = self.output.flush() {
            merge(&mut outcome, self.outcome(Err(trap)));
        }
        self.finales(&mut outcome);
        outcome
    }

    /// Runs the finales, whatever ended the body before. Output is flushed.
    pub(crate) fn finales(&mut self, outcome: &mut Outcome) {
        let module = Arc::clone(&self.module);
        for &finale in &module.finales {
            let result = self.run_function(finale);
            let exits = matches!(result, Err(Trap::Exit(_) | Trap::Limit(_) | Trap::Interrupted));
            let last = self.finish(result);
            if exits {
                outcome.exit_code = last.exit_code;
                outcome.add_error(last.error);
                break;
            }
            merge(outcome, last);
        }
        if let Err(trap) = self.output.flush() {
            merge(outcome, self.outcome(Err(trap)));
        }
        self.drop_tasks();
        self.report_rejections(outcome);
    }

    /// Ends what a part of the program has started: after its normal end all tasks run to theirs,
    /// otherwise they are cancelled, so that their `finally` blocks run.
    pub(crate) fn finish(&mut self, mut result: Result<Value, Trap>) -> Outcome {
        let is_normal = result.is_ok();
        if is_normal {
            result = self.drain_tasks().map(|()| Value::NULL);
        }
        if result.is_err()
            && let Some(host) = &self.host
        {
            host.close();
        }
        let may_run = matches!(result, Err(Trap::Error(_) | Trap::Throw(_) | Trap::Exit(_)));
        let mut outcome = self.outcome(result);
        if may_run {
            self.cancel_all();
            if let Err(trap) = self.drain_tasks() {
                merge(&mut outcome, self.outcome(Err(trap)));
            }
        }
        if !is_normal {
            self.drop_tasks();
        }
        outcome
    }

    pub(crate) fn report_rejections(&mut self, outcome: &mut Outcome) {
        let reasons = self.take_unobserved();
        let shown = reasons.into_iter().take(REJECTIONS_MAX);
        outcome.rejections = shown
            .map(|(v, calls)| {
                self.thrown = (v, calls);
                let mut report = self.report(&Trap::Throw(v));
                let reason = report.message.trim_start_matches("Uncaught: ");
                report.message = format!("Unobserved rejection: {reason}");
                report
            })
            .collect();
        if let Some(first) = outcome.rejections.first()
            && outcome.exit_code == 0
        {
            outcome.exit_code = first.cause.exit_code();
        }
    }

    /// Runs the program body; one with a parameter gets the program arguments.
    pub(crate) fn run_main(&mut self) -> Result<Value, Trap> {
        let main = FuncId(self.module.main);
        if self.module.function(main).is_none_or(|f| f.n_params == 0) {
            return self.run_function(main);
        }
        let args = self.new_array_with_capacity(self.args.len())?;
        for arg in std::mem::take(&mut self.args) {
            let text = self.new_string(&arg)?;
            self.array_push(args, text)?;
            self.args.push(arg);
        }
        self.call_function(main, &[args])
    }

    fn run_function(&mut self, id: FuncId) -> Result<Value, Trap> {
        self.roots.clear();
        self.call_function(id, &[])
    }

    pub(crate) fn outcome(&mut self, result: Result<Value, Trap>) -> Outcome {
        let (exit_code, error) = match result {
            Ok(_) | Err(Trap::Closed | Trap::Cancelled) => (0, None),
            Err(Trap::Exit(code)) => (code, None),
            Err(Trap::Interrupted) => (130, None),
            Err(trap) => {
                let report = self.report(&trap);
                (report.cause.exit_code(), Some(report))
            }
        };
        Outcome { exit_code, error, ..Outcome::default() }
    }

    /// The string of a constant; the number 0 if it is not yet made.
    pub(crate) fn string_constant(&self, id: StrId) -> Value {
        self.string_table.get(id.0 as usize).copied().unwrap_or(Value::ZERO)
    }

    /// Collects garbage if it is time to. Every live value must be in a root.
    #[inline]
    pub(crate) fn safepoint(&mut self) {
        if self.heap.is_collection_wanted() {
            self.collect();
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn collect(&mut self) {
        self.heap
            .collect_due(&Roots { field_counts: &self.field_counts, trace: &|m| self.trace(m) });
    }

    /// Collects everything that is garbage, in one pause.
    pub(crate) fn collect_all(&mut self) {
        self.heap
            .collect_all(&Roots { field_counts: &self.field_counts, trace: &|m| self.trace(m) });
    }

    fn trace(&self, marker: &mut Marker) {
        self.positions.borrow_mut().forget();
        let tables = [
            &self.global_table,
            &self.string_table,
            &self.closure_table,
            &self.session_table,
            &self.chars,
            &self.roots,
            &self.kept,
        ];
        for &v in tables.into_iter().flatten() {
            marker.value(v);
        }
        marker.value(self.result);
        marker.value(self.thrown.0);
        self.trace_tasks(marker);
        self.trace_frames(marker);
    }
}

/// Type id of a descriptor that names just a type, else 0.
pub(crate) fn named_type(desc: &Desc) -> u32 {
    if let Desc::Named(id) = desc { id.0 } else { 0 }
}

/// Empty inline caches. Zeroed by the system, so that caches that are never used cost no memory.
pub(crate) fn new_sites(count: usize) -> Box<[Site]> {
    // SAFETY: zero is a valid `Site`: all its fields are integers.
    unsafe { Box::new_zeroed_slice(count).assume_init() }
}

/// Keeps all errors and the first exit code that is not 0.
fn merge(first: &mut Outcome, later: Outcome) {
    if first.exit_code == 0 {
        first.exit_code = later.exit_code;
    }
    first.add_error(later.error);
}

fn required_counts(access: &Access) -> Vec<u8> {
    let refused = access.refused().0;
    let required = |needs: &CallNeeds| {
        if needs.effects.0 & refused == 0 { needs.required } else { DENIED }
    };
    CALL_NEEDS.iter().map(required).collect()
}
