package safefile

import (
	"io/fs"
	"os"
)

// OS is the file system of the machine.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) Create(path string, perm fs.FileMode) (File, error) {
	return openOS(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

func (osFS) OpenAppend(path string) (File, error) {
	return openOS(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

func (osFS) OpenWrite(path string) (File, error) {
	return openOS(path, os.O_WRONLY, 0)
}

func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(path string) error                   { return os.Remove(path) }
func (osFS) RemoveAll(path string) error                { return os.RemoveAll(path) }
func (osFS) Mkdir(path string) error                    { return os.Mkdir(path, 0o777) }
func (osFS) MkdirAll(path string) error                 { return os.MkdirAll(path, 0o777) }
func (osFS) Stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (osFS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (osFS) SyncDir(path string) error                  { return syncDir(path) }

// osFile adds Size to os.File.
type osFile struct{ *os.File }

func openOS(path string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
