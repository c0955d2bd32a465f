// Package timmtest knows the names that timm gives the tensors of a TResNet, for tests: the way back
// from what package checkpoint does.
package timmtest

import "strings"

// Name translates a name of the reference's repositories into timm's, as the checkpoint_filter_fn of
// timm/models/tresnet.py does.
func Name(name string) string {
	for _, r := range [][2]string{
		{".conv1.0.0.", ".conv1.conv."},
		{".conv1.0.1.", ".conv1.bn."},
		{".conv2.0.0.", ".conv2.conv."},
		{".conv2.0.1.", ".conv2.bn."},
		{".conv1.0.", ".conv1.conv."},
		{".conv1.1.", ".conv1.bn."},
		{".conv2.0.", ".conv2.conv."},
		{".conv2.1.", ".conv2.bn."},
		{".conv3.0.", ".conv3.conv."},
		{".conv3.1.", ".conv3.bn."},
		{".downsample.0.0.", ".downsample.0.conv."},
		{".downsample.0.1.", ".downsample.0.bn."},
		{".downsample.1.0.", ".downsample.1.conv."},
		{".downsample.1.1.", ".downsample.1.bn."},
	} {
		if strings.Contains(name, r[0]) {
			return strings.Replace(name, r[0], r[1], 1)
		}
	}
	return name
}
