/// LinuxSystem
