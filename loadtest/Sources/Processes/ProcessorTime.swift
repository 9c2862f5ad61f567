internal import Glibc

/// CPU time that processes have used, user and kernel together, in seconds.
enum ProcessorTime {
  static func ofThisProcess() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// The time of another process from `/proc/PID/stat`, to the hundredth of a second that the kernel
  /// counts in; nil when there is no such process.
  static func ofProcess(_ identifier: Int32) -> Double? {
    guard let file = fopen("/proc/\(identifier)/stat", "r") else { return nil }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 1024)
    let length = fread(&line, 1, line.count, file)
    return seconds(inStat: String(decoding: line[..<length], as: UTF8.self))
  }

  /// Reads user and system time, the 14th and 15th field, out of a line of `/proc/PID/stat`.
  static func seconds(inStat line: String) -> Double? {
    // The program's name, in parentheses, may hold spaces and parentheses itself.
    guard let close = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: close)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return nil
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
