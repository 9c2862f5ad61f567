internal import Foundation

/// True while a process of this number exists and has not ended.
public func processExists(_ number: Int32) -> Bool {
  guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8) else {
    return false
  }
  // The state follows the name, which stands in brackets. Z: ended, not yet waited for.
  return text.split(separator: ")").last?.hasPrefix(" Z") == false
}

/// The processes that have a file or folder at or below `folder` open or as their working folder.
public func processes(using folder: String) -> [String] {
  let files = FileManager.default
  let numbers = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter {
    Int32($0) != nil && Int32($0) != getpid()
  }
  return numbers.filter { number in
    let open = (try? files.contentsOfDirectory(atPath: "/proc/\(number)/fd")) ?? []
    return (open.map { "fd/\($0)" } + ["cwd"]).contains { name in
      let target = try? files.destinationOfSymbolicLink(atPath: "/proc/\(number)/\(name)")
      return target?.hasPrefix(folder) ?? false
    }
  }
}
