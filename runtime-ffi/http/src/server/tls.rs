//! Certificates of servers.

use std::sync::Arc;

use hyp_vm::{Trap, Vm};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::fault::Fault;
use crate::options::Options;

/// Bytes of a file of certificates or of a key.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What `tls: {cert, key}` asks for.
pub(super) fn acceptor(vm: &mut Vm, options: Options) -> Result<Option<TlsAcceptor>, Trap> {
    let Some(value) = options.get(vm, "tls") else { return Ok(None) };
    let files = Options::read(vm, options.builtin, value, &["cert", "key"])?;
    let path = |name| {
        let path = files.text(vm, name)?;
        path.map(str::to_owned).ok_or_else(|| files.wrong(format!("needs `tls.{name}`")))
    };
    let (cert, key) = (path("cert")?, path("key")?);
    let failed = |path: &str, error: &dyn std::fmt::Display| {
        Fault::Tls.raise(options.builtin, format!("cannot use '{path}': {error}"))
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&vm.read_bytes(&cert, FILE_BYTES_MAX)?).collect();
    let chain = chain.map_err(|error| failed(&cert, &error))?;
    let secret = PrivateKeyDer::from_pem_slice(&vm.read_bytes(&key, FILE_BYTES_MAX)?);
    let secret = secret.map_err(|error| failed(&key, &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mut config = config.map_err(|error| failed(&cert, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
