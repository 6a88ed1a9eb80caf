use std::sync::Arc;
fn main() {
    let mut a = std::env::args().skip(1);
    let f = a.next().unwrap();
    let n: u32 = a.next().unwrap().parse().unwrap();
    let clif = a.next().is_some();
    let src = std::fs::read(&f).unwrap();
    let c = hyp_compiler::driver::compile(&f, &src, &hyp_compiler::driver::Options::default());
    let m = Arc::new(hyp_bytecode::verify::verify(c.module.unwrap()).unwrap());
    match hyp_jit::listing(&m, n, if clif { hyp_jit::Form::Clif } else { hyp_jit::Form::Assembly })
    {
        Ok(t) => println!("{t}"),
        Err(e) => println!("ERR {e}"),
    }
}
