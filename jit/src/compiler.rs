//! Cranelift: one function at a time, into memory that is never writable and executable at once.

use std::sync::Arc;

use bumpalo::Bump;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{
    AbiParam, FuncRef, Function, InstBuilder, MemFlagsData, Signature, UserFuncName, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::{FuncId, Module as _};
use hyp_bytecode::module::Module;
use hyp_bytecode::rep::Rep;
use hyp_bytecode::verify::VerifiedModule;
use hyp_vm::tier::{Code, layout};

use crate::flow::{Graph, Live};
use crate::translate::{
    Flavor, Input, Quiet, Translator, clif_type, entry_signature, typed_signature,
};

/// Code words above which a function stays with the interpreter.
const WORDS_MAX: usize = 20_000;

/// Addresses that are reserved for the code of a module. It lies together, because its parts refer
/// to each other by distance.
const CODE_BYTES: usize = 64 << 20;

/// How code is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CodeOptions {
    /// Check Cranelift's input and its register allocation.
    pub verify: bool,
    /// Keep the text of what is compiled, for [`listing`](crate::listing).
    pub keeps_text: bool,
}

/// Machine code, given back to the system when it is dropped.
struct CodeMemory(Option<JITModule>);

impl Drop for CodeMemory {
    #[expect(unsafe_code, reason = "freeing code is only sound if nothing runs it")]
    fn drop(&mut self) {
        if let Some(code) = self.0.take() {
            // SAFETY: the compiler lives at least as long as its tier, and machines keep the tier
            // whose code they may run alive, so no machine can run this code now.
            unsafe { code.free_memory() };
        }
    }
}

impl CodeMemory {
    fn module(&mut self) -> Result<&mut JITModule, String> {
        self.0.as_mut().ok_or_else(|| "there is no code memory".to_owned())
    }
}

/// Compiles functions of one module.
pub(crate) struct Compiler {
    module: Arc<VerifiedModule>,
    code: CodeMemory,
    context: Context,
    builder: FunctionBuilderContext,
    is_x86: bool,
    /// By [`Quiet`].
    helpers: Vec<FuncId>,
    /// What the code refers to.
    steps: Bump,
    keeps_text: bool,
    /// Cranelift's input and its output, of what was compiled last.
    pub(crate) text: (String, String),
}

impl Compiler {
    /// A compiler for this machine.
    ///
    /// # Errors
    /// The processor is not supported, or no memory can be had.
    pub(crate) fn new(
        module: Arc<VerifiedModule>,
        options: CodeOptions,
    ) -> Result<Compiler, String> {
        let mut flags = settings::builder();
        let mut set =
            |name: &str, value: &str| flags.set(name, value).map_err(|e| format!("{name}: {e}"));
        set("opt_level", "speed")?;
        set("is_pic", "false")?;
        set("use_colocated_libcalls", "false")?;
        set("unwind_info", "false")?;
        set("preserve_frame_pointers", "true")?;
        set("enable_probestack", "false")?;
        set("enable_heap_access_spectre_mitigation", "false")?;
        set("enable_table_access_spectre_mitigation", "false")?;
        set("enable_verifier", if options.verify { "true" } else { "false" })?;
        set("regalloc_checker", if options.verify { "true" } else { "false" })?;
        let isa = cranelift_native::builder().map_err(str::to_owned)?;
        let isa = isa.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())?;
        let is_x86 = isa.triple().architecture.to_string().starts_with("x86_64");
        let mut builder = JITBuilder::with_isa(isa, cranelift_module::default_libcall_names());
        let memory = ArenaMemoryProvider::new_with_size(CODE_BYTES).map_err(|e| e.to_string())?;
        builder.memory_provider(Box::new(memory));
        let code = JITModule::new(builder);
        let context = code.make_context();
        let code = CodeMemory(Some(code));
        let mut compiler = Compiler {
            module,
            code,
            context,
            builder: FunctionBuilderContext::new(),
            is_x86,
            keeps_text: options.keeps_text,
            helpers: Vec::new(),
            steps: Bump::new(),
            text: Default::default(),
        };
        for helper in Quiet::ALL {
            let id = compiler.define_quiet(helper)?;
            compiler.helpers.push(id);
        }
        Ok(compiler)
    }

    /// Compiles a function, or a loop of it; `speculates` if it may rely on what is likely.
    ///
    /// # Errors
    /// Why it stays with the interpreter.
    pub(crate) fn compile(
        &mut self,
        func: u32,
        head: Option<u32>,
        speculates: bool,
    ) -> Result<Code, String> {
        let verified = Arc::clone(&self.module);
        let module: &Module = &verified;
        let function = module.functions.get(func as usize).ok_or("there is no such function")?;
        if function.code.len() > WORDS_MAX {
            return Err(format!("it has more than {WORDS_MAX} words"));
        }
        let not_verified = |_| "it is not verified".to_owned();
        let graph = Graph::new(function).map_err(not_verified)?;
        let live = Live::new(function, &graph).map_err(not_verified)?;
        let flavor = head.map_or(Flavor::Call, |head| Flavor::Loop { head });
        let config = self.code.module()?.target_config();
        let conv = config.default_call_conv;
        let params = function.reps.get(..usize::from(function.n_params)).unwrap_or(&[]);
        let signature = match flavor {
            Flavor::Call => typed_signature(params, function.result, conv),
            Flavor::Loop { .. } => entry_signature(conv),
        };
        let is_x86 = self.is_x86;
        let steps = std::mem::take(&mut self.steps);
        let body = self.define(signature, |b, helpers| {
            let input = Input {
                module,
                func,
                function,
                graph: &graph,
                live: &live,
                flavor,
                speculates,
                helpers,
                is_x86,
                config,
            };
            Translator::translate(b, input, &steps).map_err(|refused| refused.0.to_owned())
        });
        self.steps = steps;
        let body = body?;
        if self.keeps_text
            && let Some(code) = self.context.compiled_code()
        {
            self.text.1 = code.vcode.clone().unwrap_or_default();
        }
        let entry = match flavor {
            Flavor::Loop { .. } => None,
            Flavor::Call => Some(self.define_entry(body, params)?),
        };
        self.code.module()?.finalize_definitions().map_err(|e| e.to_string())?;
        let body = self.code.module()?.get_finalized_function(body) as usize;
        Ok(match entry {
            None => Code { func, head, entry: body, typed: 0 },
            Some(entry) => {
                let entry = self.code.module()?.get_finalized_function(entry) as usize;
                Code { func, head, entry, typed: body }
            }
        })
    }

    fn define(
        &mut self,
        signature: Signature,
        fill: impl FnOnce(FunctionBuilder<'_>, [FuncRef; Quiet::ALL.len()]) -> Result<(), String>,
    ) -> Result<FuncId, String> {
        self.code.module()?.clear_context(&mut self.context);
        self.context.func = Function::with_name_signature(UserFuncName::default(), signature);
        let mut helpers = [FuncRef::from_u32(0); Quiet::ALL.len()];
        for (helper, id) in helpers.iter_mut().zip(&self.helpers) {
            *helper = self.code.module()?.declare_func_in_func(*id, &mut self.context.func);
        }
        let b = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let filled = fill(b, helpers);
        if let Err(reason) = filled {
            // What a refused function has left there.
            self.builder = FunctionBuilderContext::new();
            return Err(reason);
        }
        if self.keeps_text {
            self.text.0 = self.context.func.display().to_string();
            self.context.set_disasm(true);
        }
        let id = self
            .code
            .module()?
            .declare_anonymous_function(&self.context.func.signature)
            .map_err(|e| e.to_string())?;
        let defined = self.code.module()?.define_function(id, &mut self.context);
        defined.map_err(|e| format!("{e:?}"))?;
        Ok(id)
    }

    /// Code that calls a helper, keeps all registers but those of its parameters, and leaves what the
    /// helper gives in the machine.
    fn define_quiet(&mut self, helper: Quiet) -> Result<FuncId, String> {
        let config = self.code.module()?.target_config();
        let (address, params, result) = helper.target();
        let mut inner = Signature::new(config.default_call_conv);
        inner.params.extend(params.iter().map(|ty| AbiParam::new(*ty)));
        inner.returns.push(AbiParam::new(result));
        let mut signature = Signature::new(CallConv::PreserveAll);
        let takes_machine = params.first() == Some(&types::I64);
        if !takes_machine {
            signature.params.push(AbiParam::new(types::I64));
        }
        signature.params.extend(params.iter().map(|ty| AbiParam::new(*ty)));
        self.define(signature, |mut b, _| {
            let block = b.create_block();
            b.append_block_params_for_function_params(block);
            b.switch_to_block(block);
            let args = b.block_params(block).to_vec();
            let vm = args[0];
            let inner = b.import_signature(inner);
            let address = b.ins().iconst(types::I64, address as i64);
            let call = b.ins().call_indirect(inner, address, &args[usize::from(!takes_machine)..]);
            let given = b.inst_results(call)[0];
            b.ins().store(MemFlagsData::trusted(), given, vm, layout::VM_GIVEN);
            b.ins().return_(&[]);
            b.seal_all_blocks();
            b.finalize(config);
            Ok(())
        })
    }

    /// The entry of a function: takes the parameters from the frame, leaves the result in the
    /// machine.
    fn define_entry(&mut self, body: FuncId, params: &[Rep]) -> Result<FuncId, String> {
        let config = self.code.module()?.target_config();
        let signature = entry_signature(config.default_call_conv);
        self.code.module()?.clear_context(&mut self.context);
        self.context.func = Function::with_name_signature(UserFuncName::default(), signature);
        let callee = self.code.module()?.declare_func_in_func(body, &mut self.context.func);
        let mut b = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let block = b.create_block();
        b.append_block_params_for_function_params(block);
        b.switch_to_block(block);
        let mut args = b.block_params(block).to_vec();
        let (vm, base) = (args[0], args[1]);
        let flags = MemFlagsData::trusted();
        for (i, rep) in (0..).zip(params) {
            args.push(b.ins().load(clif_type(*rep), flags, base, i * 8));
        }
        let call = b.ins().call(callee, &args);
        let (status, v) = (b.inst_results(call)[0], b.inst_results(call)[1]);
        b.ins().store(flags, v, vm, layout::VM_RESULT);
        b.ins().return_(&[status]);
        b.seal_all_blocks();
        b.finalize(config);
        let id = self
            .code
            .module()?
            .declare_anonymous_function(&self.context.func.signature)
            .map_err(|e| e.to_string())?;
        self.code.module()?.define_function(id, &mut self.context).map_err(|e| format!("{e:?}"))?;
        Ok(id)
    }
}
