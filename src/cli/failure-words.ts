/** What a failure of the system means here, and what to do; any other error in its own words. */
export function failureInWords(thrown: unknown): string {
  const { code, path, syscall, message, port } = thrown as NodeJS.ErrnoException & { readonly port?: number }
  const where = path ?? 'it'
  switch (code) {
    case 'ENOENT':
      return path === undefined ? message : `${path}: there is no such file or folder; check the path`
    case 'EACCES':
      return syscall === 'listen'
        ? `port ${port} may not be used by this user; --port takes one above 1023`
        : `${where}: this user may not open it`
    case 'EISDIR':
      return `${where}: this is a folder; name a file`
    case 'EEXIST':
      return syscall === 'mkdir' ? `${where}: a file stands where a folder is needed; check the path` : message
    case 'ENOTDIR':
      return `${where}: a file stands where a folder is needed; check the path`
    case 'EADDRINUSE':
      return `port ${port} is in use; stop what listens there, or choose another with --port (0 takes a free one)`
    case 'EADDRNOTAVAIL':
      return `this machine cannot listen there (${message}); --host 0.0.0.0 means all addresses it has`
    default:
      return message
  }
}
