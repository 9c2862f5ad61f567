internal import CLinux
internal import Glibc

extension ChildProcess {
  /// What the kernel sends a server when this process ends, by the names that `setpriv` takes.
  enum ParentDeathSignal: String {
    case kill = "KILL"
    case quit = "QUIT"
  }

  /// What to run, and under whom.
  struct Command: Sendable {
    let program: String
    let arguments: [String]
    let user: ServiceUser
    let parentDeathSignal: ParentDeathSignal
    /// Open descriptors that the program gets as 3, 4, …
    let descriptors: [Int32]
    /// Gets standard output and error.
    let output: Int32
    /// Becomes standard input; `nil` for an empty one.
    var input: Int32?
  }

  private static let setpriv = "/usr/bin/setpriv"

  /// Started by `sh` once the death signal is set: a parent that ended just before it was set is
  /// noticed, since somebody else is the parent now. The folder `/` can be reached by every user.
  private static let guardScript = #"cd / && [ "$PPID" = "$1" ] || exit 125; shift; exec "$@""#

  /// Starts `command`. Call it on the servers' thread.
  static func spawn(_ command: Command) throws(EmbeddedError) -> ChildProcess {
    ServerThread.loop.assertCurrent()
    guard File.exists(setpriv) else {
      throw .programMissing(program: "setpriv", package: "util-linux", searched: setpriv)
    }
    let empty = try File.open("/dev/null", O_RDONLY)
    defer { close(empty) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let streams = [command.input ?? empty, command.output, command.output] + command.descriptors
    for (number, descriptor) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    // A pipe that another thread has just made must not live on in a server: its reader would wait.
    spillway_close_from(&actions, Int32(streams.count))
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setSignals(&attributes)
    var child = pid_t()
    let code = withCStrings(argumentList(command)) { arguments in
      withCStrings(environment) { environment in
        posix_spawn(&child, setpriv, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw .spawnFailed(program: command.program, code: code) }
    return ChildProcess(processIdentifier: child)
  }

  /// A small fixed environment: servers behave alike wherever they are started from.
  private static let environment = [
    "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/",
  ]

  private static func argumentList(_ command: Command) -> [String] {
    var list = [setpriv, "--no-new-privs", "--pdeathsig", command.parentDeathSignal.rawValue]
    if command.user.isChange {
      list += ["--reuid=\(command.user.user)", "--regid=\(command.user.group)", "--clear-groups"]
    }
    list += ["--", "/bin/sh", "-c", guardScript, "spillway", String(getpid())]
    return list + [command.program] + command.arguments
  }

  /// Default actions and an empty mask, and a process group of its own: Ctrl-C in a terminal reaches
  /// this process only, which then stops its servers in order.
  private static func setSignals(_ attributes: inout posix_spawnattr_t) {
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
  }

  private static func withCStrings<Value>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
  ) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
